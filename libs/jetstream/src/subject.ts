/**
 * Does a subject fall under a filter? `*` stands for one token, a closing `>` for one or more; anything else for itself.
 * Total: a filter that NATS itself would refuse matches nothing.
 */
export function subjectMatches(filter: string, subject: string): boolean {
  const wanted = filter.split('.');
  const given = subject.split('.');
  for (const [place, token] of wanted.entries()) {
    if (token === '>') return place === wanted.length - 1 && given.length > place;
    if (place >= given.length) return false;
    if (token !== '*' && token !== given[place]) return false;
  }
  return wanted.length === given.length;
}
