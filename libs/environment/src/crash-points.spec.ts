import { jest } from '@jest/globals';
import { mkdtempSync, rmSync, existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from './configuration-error.js';
import { armCrashPoints, crashPoint, CRASH_POINTS_VARIABLE } from './crash-points.process.js';

describe('crash points', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crash-points-'));
  const file = join(folder, 'order');
  const kill = jest.spyOn(process, 'kill').mockReturnValue(true);

  beforeEach(() => kill.mockClear());

  afterAll(() => {
    kill.mockRestore();
    rmSync(folder, { recursive: true });
  });

  it('do nothing where nobody armed them', () => {
    armCrashPoints({});
    writeFileSync(file, 'here SIGSTOP 1');
    crashPoint('here');
    expect(kill).not.toHaveBeenCalled();
  });

  it('are refused in production', () => {
    const environment = { [CRASH_POINTS_VARIABLE]: file, NODE_ENV: 'production' };
    expect(() => armCrashPoints(environment)).toThrow(ConfigurationError);
  });

  it('strike at the nth passing of the point that was named, and once', () => {
    armCrashPoints({ [CRASH_POINTS_VARIABLE]: file, NODE_ENV: 'test' });
    writeFileSync(file, 'here SIGSTOP 2');
    crashPoint('elsewhere');
    crashPoint('here');
    expect(kill).not.toHaveBeenCalled();
    crashPoint('here');
    expect(kill).toHaveBeenCalledTimes(1);
    expect(kill).toHaveBeenCalledWith(process.pid, 'SIGSTOP');
    expect(existsSync(file)).toBe(false);
    crashPoint('here');
    expect(kill).toHaveBeenCalledTimes(1);
  });
});
