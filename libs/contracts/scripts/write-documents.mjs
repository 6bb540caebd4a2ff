/** Writes docs/contracts from the built contracts; a spec fails while what is written there is not what the code makes. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { documentFiles } from '../dist/documents/document-files.js';

const root = join(import.meta.dirname, '../../../docs/contracts');
await rm(join(root, 'schemas'), { recursive: true, force: true });
for (const [name, text] of documentFiles()) {
  const file = join(root, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
