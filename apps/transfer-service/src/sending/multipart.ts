/** The parts around the media of an upload by form (hub contract 3.5, profiles 2.0 and 3.0). */
export interface MultipartFrame {
  readonly contentType: string;
  readonly head: string;
  readonly tail: string;
}

/**
 * The text before and after the media bytes. The file is named by its digest and its kind, never by its own name.
 * @param boundary random for each request, so that media cannot end the part by chance
 * @throws where a value could break out of its header
 */
export function multipartFrame(boundary: string, mediaSha256: string, suffix: string): MultipartFrame {
  for (const value of [boundary, mediaSha256, suffix]) {
    if (!/^[A-Za-z0-9.-]{1,70}$/.test(value)) throw new Error('A multipart header value has a forbidden character.');
  }
  const role = `--${boundary}\r\ncontent-disposition: form-data; name="media_role"\r\n\r\nprocessed\r\n`;
  const type = suffix === '.pdf' ? 'application/pdf' : 'application/octet-stream';
  const file =
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${mediaSha256}${suffix}"\r\n` +
    `content-type: ${type}\r\n\r\n`;
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    head: role + file,
    tail: `\r\n--${boundary}--\r\n`,
  };
}

/** Bytes of the whole body, for `content-length`. */
export function multipartLength({ head, tail }: MultipartFrame, mediaSize: number): number {
  return head.length + mediaSize + tail.length;
}
