import { jest } from '@jest/globals';
import type { Principal } from '@hub-export/http-edge';
import type { ViewPosition } from '@hub-export/service-runtime';
import type { TransferLists } from '../overview/transfer-list.query.js';
import type { LiveFeed } from './live-feed.service.js';
import { LiveController, STREAM_MS_MAX } from './live.controller.js';

describe('a live stream', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('ends after its time, so that whoever may no longer listen does not', () => {
    const unsubscribe = jest.fn();
    const feed = { subscribe: () => ({ unsubscribe }) } as unknown as LiveFeed;
    const stopping = new AbortController().signal;
    const live = new LiveController(feed, {} as TransferLists, {} as ViewPosition, stopping);
    const ended = jest.fn();
    live.live({ centers: 'all' } as Principal).subscribe({ complete: ended });
    jest.advanceTimersByTime(STREAM_MS_MAX - 1);
    expect(ended).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(ended).toHaveBeenCalledTimes(1);
    expect(unsubscribe).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });
});
