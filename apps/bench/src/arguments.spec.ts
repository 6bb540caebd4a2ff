import { parseArguments } from './arguments.js';

describe('the arguments', () => {
  const names = ['relay', 'upload'];

  it('name rows several times or with commas', () => {
    expect(parseArguments(['--only', 'relay', '--only=upload', '--quick'], names)).toMatchObject({
      only: ['relay', 'upload'],
      quick: true,
      json: false,
    });
    expect(parseArguments(['--only', 'upload,relay'], names).only).toEqual(['upload', 'relay']);
  });

  it('ask for the growth of costs instead of the rows', () => {
    expect(parseArguments(['--growth', '--write'], names)).toMatchObject({ growth: true, write: true });
    expect(parseArguments([], names).growth).toBe(false);
  });

  it('are refused where they name no row, with the names there are', () => {
    expect(() => parseArguments(['--only', 'relais'], names)).toThrow('There is no row relais. Rows: relay, upload.');
    expect(() => parseArguments(['--fast'], names)).toThrow();
  });
});
