/** Where class-transformer remembers which class a member is of; it publishes the module without its declaration. */
declare module 'class-transformer/cjs/storage.js' {
  export { defaultMetadataStorage } from 'class-transformer/types/storage.js';
}
