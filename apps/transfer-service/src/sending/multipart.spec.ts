import { multipartFrame, multipartLength } from './multipart.js';

const SHA256 = 'b'.repeat(64);

describe('the frame of an upload', () => {
  it('is a form with the role and the file, read by a strict reader', async () => {
    const frame = multipartFrame('boundary-1', SHA256, '.mp4');
    const media = 'media\r\n--boundary-2\r\n';
    const body = frame.head + media + frame.tail;
    const form = await new Response(body, { headers: { 'content-type': frame.contentType } }).formData();
    const file = form.get('file') as File;
    expect([...form.keys()]).toEqual(['media_role', 'file']);
    expect([form.get('media_role'), file.name, file.type]).toEqual([
      'processed',
      `${SHA256}.mp4`,
      'application/octet-stream',
    ]);
    expect(await file.text()).toBe(media);
  });

  it('says of a report that it is a PDF', () => {
    expect(multipartFrame('b', SHA256, '.pdf').head).toContain('content-type: application/pdf\r\n');
  });

  it('tells its length to the byte', () => {
    const frame = multipartFrame('b', SHA256, '.pdf');
    expect(multipartLength(frame, 5)).toBe(Buffer.byteLength(`${frame.head}12345${frame.tail}`));
  });

  it.each(['.mp4"\r\nx-header: y', '.mp4\n', '.mp4"', '', '.ü', '.mp4/..', 'a'.repeat(71)])(
    'takes no suffix that could break out of its header: %j',
    (suffix) => {
      expect(() => multipartFrame('boundary', SHA256, suffix)).toThrow('forbidden character');
    },
  );

  it('takes no boundary or digest that could, either', () => {
    expect(() => multipartFrame('b\r\n', SHA256, '.mp4')).toThrow('forbidden character');
    expect(() => multipartFrame('b', `${SHA256}"`, '.mp4')).toThrow('forbidden character');
  });
});
