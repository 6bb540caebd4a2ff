const BEGIN = '<!-- table: npm run bench -- --write -->';
const END = '<!-- end of table -->';

/**
 * The document with another text between its two marks.
 * @throws where a mark is missing, since then nobody knows where the table belongs
 */
export function withTable(document: string, table: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error('The document has no place for the table.');
  return `${document.slice(0, begin)}${BEGIN}\n\n${table}\n\n${document.slice(end)}`;
}
