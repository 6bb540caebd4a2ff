/**
 * The document with one of its filled places filled anew: what stands between `<!-- prove:NAME -->` and
 * `<!-- /prove:NAME -->`.
 * @throws Error where the document has no such place
 */
export function filled(document: string, name: string, content: string): string {
  const [opening, closing] = [`<!-- prove:${name} -->`, `<!-- /prove:${name} -->`];
  const [from, to] = [document.indexOf(opening), document.indexOf(closing)];
  if (from < 0 || to < from) throw new Error(`The document has no place for ${name}.`);
  return `${document.slice(0, from + opening.length)}\n\n${content.trim()}\n\n${document.slice(to)}`;
}
