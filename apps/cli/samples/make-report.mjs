/** Writes `report.pdf`: one page of plain text about nobody, the same bytes each time. `node make-report.mjs`. */
import { writeFileSync } from 'node:fs';

const LINES = [
  [18, 'Synthetic report'],
  [11, 'This document was made by a script to show how a report travels to the central hub.'],
  [11, 'It speaks of no real person, no real examination and no real institution.'],
  [11, ''],
  [11, 'Examination: colonoscopy (synthetic)'],
  [11, 'Patient: [REMOVED]     Date: [REMOVED]     Examiner: [REMOVED]'],
  [11, ''],
  [11, 'Findings: none. The mucosa was seen up to the caecum and looked as a drawing looks.'],
  [11, 'Assessment: sample data. Nothing follows from it.'],
];
const LEFT = 72;
const TOP = 770;

const content = LINES.map(
  ([size, text], line) => `BT /F1 ${size} Tf ${LEFT} ${TOP - line * 24} Td (${escaped(text)}) Tj ET`,
).join('\n');
const objects = [
  '<< /Type /Catalog /Pages 2 0 R >>',
  '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
  '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
  `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
  '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
];

let file = '%PDF-1.4\n';
const offsets = objects.map((object, index) => {
  const offset = file.length;
  file += `${index + 1} 0 obj\n${object}\nendobj\n`;
  return offset;
});
const xref = file.length;
const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`);
file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries.join('')}`;
file += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${xref}\n%%EOF\n`;

writeFileSync(new URL('report.pdf', import.meta.url), file, 'latin1');

function escaped(text) {
  return text.replace(/[\\()]/g, (character) => `\\${character}`);
}
