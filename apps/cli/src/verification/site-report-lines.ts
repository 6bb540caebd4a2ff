import type { AccessFindingCode, PlaceRange, SiteFindingCode, SiteReport } from '@hub-export/record-verification';

/** The report in plain words: the verdict, what it rests on, and what it cannot tell. */
export function siteReportLines(report: SiteReport): readonly string[] {
  const { findings, finding_count, missing, missing_count, first_bad } = report;
  return [
    `${VERDICTS[report.status]}${first_bad === null ? '' : ` First bad place: ${placesOf(first_bad)}.`}`,
    '',
    `Log                 ${count(report.log_entries)} entries, read from the first one, each compared with the hash before it`,
    `Audit               ${count(report.audit_entries)} entries, each compared with the log`,
    `Anchored            ${count(report.anchors)} signed checkpoints outside the databases, ${count(report.anchors_compared)} of them compared; the last one at ${count(report.last_anchor)}`,
    `Unanchored tail     ${count(report.unanchored_tail)} entries: what was changed in them, no checkpoint would show`,
    ...(report.anchors === 0 && report.log_entries > 0
      ? [
          'No anchor           nothing outside the databases vouches for any of it: wait for a checkpoint, or name its sink',
        ]
      : []),
    ...(report.torn_lines > 0
      ? [`Torn lines          ${count(report.torn_lines)} in the sink; they hold no checkpoint`]
      : []),
    ...(report.end_torn ? ['Torn at its end     no checkpoint follows the torn line; wait for the next one'] : []),
    ...(report.checkpoints_without_anchor > 0
      ? [`Not in the sink     ${count(report.checkpoints_without_anchor)} stored checkpoints`]
      : []),
    `Accesses            ${count(report.accesses.count)} readings of the audit, each compared with the hash before it; anchored up to ${count(report.accesses.last_anchor)}, ${count(report.accesses.unanchored_tail)} behind it`,
    ...listed('Missing in the audit', missing_count, missing.map(placesOf)),
    ...listed(
      'What is wrong',
      finding_count,
      findings.map((finding) => `${placesOf(finding)}: ${SENTENCES[finding.code]} (${finding.code})`),
    ),
    ...listed(
      'Wrong in the accesses',
      report.accesses.finding_count,
      report.accesses.findings.map(({ code, place }) => `access ${count(place)}: ${ACCESS_SENTENCES[code]} (${code})`),
    ),
  ];
}

const VERDICTS: Readonly<Record<SiteReport['status'], string>> = {
  intact: 'INTACT. Log, audit, tree and checkpoints agree from the first entry on.',
  tampered: 'TAMPERED. Something is not as it was recorded.',
  incomplete: 'INCOMPLETE. What is there agrees, but not all of it is there to be judged.',
};

const ACCESS_SENTENCES: Readonly<Record<AccessFindingCode, string>> = {
  access_missing: 'it was taken out',
  access_changed: 'it, or the one before it, was changed',
  access_differs_from_anchor: 'it is not the one that was anchored',
  accesses_below_anchor: 'it and those behind it were cut off, or the whole record was begun anew',
  access_anchor_forged: 'the line of the sink about it is not by the key',
};

const SENTENCES: Readonly<Record<SiteFindingCode, string>> = {
  log_entries_missing: 'the log has lost what it had here',
  log_entry_changed: 'the log’s entry, or the one before it, was changed',
  log_head_differs: 'the log ends otherwise than it says',
  audit_entries_missing: 'the audit has lost what it had here',
  audit_entry_changed: 'the audit’s entry, or the one before it, was changed',
  audit_differs_from_log: 'log and audit tell different entries',
  tile_changed: 'the kept tree is not the one of these entries',
  checkpoint_forged: 'a stored checkpoint is not by the key',
  checkpoint_differs: 'a stored checkpoint speaks of other entries',
  checkpoint_missing: 'a checkpoint that was anchored is not stored any more',
  checkpoint_key_missing: 'a key that the sink tells is not stored',
  checkpoint_key_differs: 'a stored key is not the one that the sink tells',
  anchor_damaged: 'a line of the sink was changed, or is none',
  anchor_forged: 'a line of the sink is not by the key',
  anchor_conflict: 'the sink has two signed stories of this size',
  log_differs_from_anchor: 'the log is not what was anchored; the change lies in these places',
  audit_differs_from_anchor: 'the audit is not what was anchored; the change lies in these places',
  log_below_anchor: 'the log ends before what was anchored: cut off, or put back to an older state',
  audit_below_anchor: 'the audit ends before what was anchored: cut off, put back, or being rebuilt',
};

function listed(title: string, total: number, lines: readonly string[]): readonly string[] {
  if (total === 0) return [];
  const more = total > lines.length ? [`  and ${count(total - lines.length)} more`] : [];
  return ['', `${title} (${count(total)}):`, ...lines.map((line) => `  ${line}`), ...more];
}

function placesOf({ from, to }: PlaceRange): string {
  return from === to ? String(from) : `${from} to ${to}`;
}

function count(number: number): string {
  return number.toLocaleString('en');
}
