import { defineStore } from 'pinia';
import { reactive, ref } from 'vue';
import { backoffMs } from '../connection/backoff.js';
import { useHttp } from '../connection/http.api.js';
import { type Change, liveMessageFrom, type UploadProgress } from './live-message.js';
import { readEvents } from './server-sent-events.js';

/** The services send a heartbeat every 15 s: after this much silence the stream counts as dead, in milliseconds. */
const SILENCE_LIMIT_MS = 40_000;

/** How it stands with the news: they come, or what is shown may be old. */
export type LiveState =
  | { readonly status: 'off' }
  | { readonly status: 'connecting' }
  | { readonly status: 'live' }
  /** The stream is gone since then; the next try is at its time. */
  | { readonly status: 'lost'; readonly since: number; readonly nextTryAt: number };

/** The one stream of news that the page listens to. */
export const useLive = defineStore('live', () => {
  const http = useHttp();
  const state = ref<LiveState>({ status: 'off' });
  const progress = reactive(new Map<string, UploadProgress>());
  const listeners = new Set<(change: Change | null) => void>();
  let ended: AbortController | null = null;
  let lostSince: number | null = null;

  /** Tells every change, and null when the stream is back and anything may have changed. */
  function onChange(listener: (change: Change | null) => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  function start(): void {
    if (ended !== null) return;
    ended = new AbortController();
    void keepListening(ended.signal);
  }

  function stop(): void {
    ended?.abort();
    ended = null;
    lostSince = null;
    state.value = { status: 'off' };
    progress.clear();
  }

  async function keepListening(signal: AbortSignal): Promise<void> {
    state.value = { status: 'connecting' };
    for (let failures = 0; !signal.aborted;) {
      const heardSomething = await listenOnce(signal);
      if (signal.aborted) return;
      failures = heardSomething ? 1 : failures + 1;
      lostSince ??= Date.now();
      const delay = backoffMs(failures, Math.random());
      state.value = { status: 'lost', since: lostSince, nextTryAt: Date.now() + delay };
      progress.clear();
      await pause(delay, signal);
    }
  }

  /** Whether anything came at all. */
  async function listenOnce(signal: AbortSignal): Promise<boolean> {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), SILENCE_LIMIT_MS);
    let heard = false;
    try {
      const stream = await http.stream('live', AbortSignal.any([signal, silence.signal]));
      const decoder = new TextDecoder();
      const reader = stream.getReader();
      for (let rest = ''; ;) {
        const { done, value } = await reader.read();
        if (done) return heard;
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE_LIMIT_MS);
        if (!heard) cameBack();
        heard = true;
        const read = readEvents(rest, decoder.decode(value, { stream: true }));
        rest = read.rest;
        for (const { data } of read.events) hear(data);
      }
    } catch {
      return heard;
    } finally {
      clearTimeout(timer);
    }
  }

  function cameBack(): void {
    state.value = { status: 'live' };
    if (lostSince !== null) for (const listener of listeners) listener(null);
    lostSince = null;
  }

  function hear(data: string): void {
    const message = liveMessageFrom(data);
    if (message === null) return;
    if (message.kind === 'progress') {
      progress.set(message.transfer_id, message);
      return;
    }
    if (message.transfer_id !== null && message.event !== 'UploadStarted') progress.delete(message.transfer_id);
    for (const listener of listeners) listener(message);
  }

  return { state, progress, onChange, start, stop };
});

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
