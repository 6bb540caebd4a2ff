/** Which files and variables a `secret_ref` may name, so that whoever records nodes cannot have any other one sent. */
export interface SecretScope {
  /** The folder below which the files lie, absolute. */
  readonly root: string;
  /** What the names of the variables begin with. */
  readonly envPrefix: string;
}

/** What a `secret_ref` names. */
export type SecretSource =
  { readonly kind: 'file'; readonly path: string } | { readonly kind: 'variable'; readonly name: string };

export type SecretReferenceFault = 'outside_secret_root' | 'variable_not_allowed';

/** Where a reference of valid form leads, or why it may not; where links lead is for the one who reads. */
export function secretSource(reference: string, { root, envPrefix }: SecretScope): SecretSource | SecretReferenceFault {
  if (reference.startsWith('env:')) {
    const name = reference.slice('env:'.length);
    return name.startsWith(envPrefix) && name !== envPrefix ? { kind: 'variable', name } : 'variable_not_allowed';
  }
  const path = reference.slice('file:'.length);
  const isPlain = !path.split('/').includes('..');
  return isPlain && isBelow(path, root) ? { kind: 'file', path } : 'outside_secret_root';
}

/** Whether an absolute path without `..` lies below an absolute folder. */
export function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
