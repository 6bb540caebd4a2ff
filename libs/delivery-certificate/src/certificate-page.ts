import { createHash } from 'node:crypto';
import { type Actor, sha256Hex } from '@hub-export/contracts';
import { certificateText, type DeliveryCertificate } from './certificate.js';
import { type Language, type Word, WORDS } from './page-words.js';

type Row = readonly [string, string];

/** The certificate as one page to print: nothing is loaded, nothing runs. */
export function certificatePage(certificate: DeliveryCertificate, language: Language): string {
  const word = (name: Word): string => WORDS[language][name];
  const { transfer, marks, queued, eligibility, delivery, failures, evidence } = certificate;
  const entry = (place: number): string => `${word('entry')} ${place}`;
  const who = (by: Actor): string => actorLine(by, word('by_system'));
  const sections: readonly (readonly [string, readonly Row[]])[] = [
    [
      word('transfer'),
      [
        [word('resource'), `${word(transfer.resource_kind)} ${transfer.resource_hash}`],
        [word('from'), `${transfer.source_center_key}, ${transfer.source_node_key}`],
        [word('to'), transfer.target_node_key],
        [word('key'), transfer.transfer_key],
        ['UUID', transfer.transfer_id],
      ],
    ],
    [
      word('order'),
      [
        ...marks.map(({ action, by, at, entry: place }): Row => [word(action), `${at}, ${who(by)}, ${entry(place)}`]),
        [word('queued'), `${queued.at}, ${who(queued.by)} (${queued.reason}), ${entry(queued.entry)}`],
        [word('policy'), `${word(certificate.local_cleanup_policy)} (${certificate.local_cleanup_policy})`],
      ],
    ],
    [
      word('eligibility'),
      [
        [word('state'), `${eligibility.resource.anonymization_state}, ${entry(eligibility.resource.entry)}`],
        ...eligibility.verdicts.map(({ stage, eligible, resource_version, at, entry: place }): Row => {
          const verdict = word(eligible ? 'eligible' : 'not_eligible');
          const checked = word(stage === 'upload' ? 'upload' : 'registration');
          return [checked, `${at}: ${verdict}, ${word('version')} ${resource_version}, ${entry(place)}`];
        }),
      ],
    ],
    [
      word('content'),
      [
        [word('payload'), queued.payload_digest],
        [word('media'), queued.media_sha256],
        [word('size'), String(queued.media_size)],
        [word('profile'), queued.profile],
      ],
    ],
    [
      word('delivery'),
      [
        [word('delivered'), `${delivery.at}, ${word('attempt')} ${delivery.attempt}, ${entry(delivery.entry)}`],
        [word('said'), `${delivery.acknowledgement.transfer_status}, ${delivery.acknowledgement.processing_decision}`],
        [word('remote'), delivery.acknowledgement.hub_transfer_id],
        [word('digest'), delivery.acknowledgement_digest],
        [
          word('failures'),
          failures
            .map(({ at, stage, failure_class, code }) => `${at} ${stage}: ${failure_class}, ${code}`)
            .join('; ') || word('none'),
        ],
      ],
    ],
    [
      word('proof'),
      [
        ['', word('proof_text')],
        [word('document'), sha256Hex(certificateText(certificate))],
        [word('checkpoint'), evidence.checkpoint],
      ],
    ],
  ];
  const body = sections.map(([title, rows]) => section(title, rows)).join('\n');
  const title = escaped(word('title'));
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} ${escaped(transfer.transfer_id)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${escaped(word('lead'))}</p>
${body}
</main>
</body>
</html>
`;
}

const STYLE = `
:root { color-scheme: light; font: 11pt/1.4 system-ui, sans-serif; color: #111; background: #fff; }
main { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 1.4rem 0 .3rem; border-bottom: 1px solid #888; }
table { width: 100%; border-collapse: collapse; }
th { width: 33%; text-align: left; vertical-align: top; font-weight: 600; padding: .15rem .8rem .15rem 0; }
td { padding: .15rem 0; overflow-wrap: anywhere; white-space: pre-line; }
section, tr { break-inside: avoid; }
@page { size: A4; margin: 18mm; }
@media print { main { margin: 0; padding: 0; max-width: none; } }
`;

/** The Content-Security-Policy under which the page is shown as it is meant: its own style, named by its hash, alone. */
export const CERTIFICATE_PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

function section(title: string, rows: readonly Row[]): string {
  const lines = rows.map(([name, value]) =>
    name === ''
      ? `<tr><td colspan="2">${escaped(value)}</td></tr>`
      : `<tr><th scope="row">${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
  );
  return `<section>\n<h2>${escaped(title)}</h2>\n<table>\n${lines.join('\n')}\n</table>\n</section>`;
}

function actorLine({ kind, subject, name, reason }: Actor, system: string): string {
  if (kind === 'system') return `${system} (${reason})`;
  return name == null ? `${subject}` : `${name} (${subject})`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
