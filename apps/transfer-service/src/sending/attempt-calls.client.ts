import type { KnownNode } from '../node/network-view.query.js';
import type { HubAnswer, HubCall } from './hub-answer.js';
import type { CallContext } from './hub.client.js';
import type { HubProtocol, MediaToSend, NotPrepared } from './hub-protocol.js';
import type { AttemptLease, AttemptParts, Running } from './attempt-parts.js';
import { notBegun } from './attempt-failure.js';
import { type Reaction, reactionTo } from './reaction.js';
import type { SendProgress } from './metered-body.stream.js';

/** Speaks with the hub for one attempt, and judges its answers by what is known of the transfer. */
export class AttemptCalls {
  constructor(
    private readonly parts: AttemptParts,
    private readonly transferId: string,
    private readonly lease: AttemptLease,
  ) {}

  async create(state: Running, payload: string, context: CallContext): Promise<Reaction> {
    return this.reactionTo('create', await this.parts.hub.create(context, payload), state);
  }

  async question(state: Running): Promise<Reaction> {
    return this.reactionTo('status', await this.parts.hub.status(await this.context(state)), state);
  }

  /** `progress` counts the media bytes that were handed over, also where it is broken off. */
  async upload(state: Running, context: CallContext, media: MediaToSend, progress: SendProgress): Promise<Reaction> {
    const answer = await this.parts.hub.upload(context, media, progress);
    return this.reactionTo('media', answer, state, progress.bytesSent);
  }

  /** What follows where the media could not be made ready: nothing left the house. */
  async notPrepared(state: Running, answer: NotPrepared): Promise<Reaction> {
    return notBegun(await this.judge('media', answer, state));
  }

  /** @param nodes as they were just read */
  async context({ intent, attempt_id: requestId }: Running, nodes?: readonly KnownNode[]): Promise<CallContext> {
    const { signal, check } = this.lease;
    const peer = await this.parts.peers.peer(intent.target_node_key, intent.source_node_key, nodes);
    return { peer, transferKey: intent.transfer_key, requestId, signal, check };
  }

  /** By the profile the transfer was frozen with. */
  protocolOf({ frozen }: Running): HubProtocol {
    return this.parts.protocols[frozen.profile];
  }

  private async reactionTo(call: HubCall, answer: HubAnswer, state: Running, bytesSent = 0): Promise<Reaction> {
    const { target_node_key } = state.intent;
    this.parts.peers.observe(target_node_key, answer);
    const isHubsTrouble = await this.parts.circuits.observe(target_node_key, call, answer);
    const reaction = await this.judge(call, answer, state, bytesSent);
    // What every transfer would have met uses up no attempt of this one.
    if (isHubsTrouble && reaction.do === 'fail') return { ...reaction, counted: false };
    if (isHubsTrouble && reaction.do === 'ask') {
      return { ...reaction, otherwise: { ...reaction.otherwise, counted: false } };
    }
    return reaction;
  }

  private async judge(call: HubCall, answer: HubAnswer, state: Running, bytesSent = 0): Promise<Reaction> {
    const { hubForgot, hubLostMedia, hubBusySince, uploadBegun } = state.progress;
    const busyMs = hubBusySince === null ? 0 : this.parts.clock.now().getTime() - Date.parse(hubBusySince);
    return reactionTo(call, answer, {
      ...expected(state),
      uploadBegun: uploadBegun || bytesSent > 0,
      uploading: state.status === 'uploading',
      claimExpired: busyMs > this.parts.busyHub.leaseMs,
      hubForgot,
      hubLostMedia,
      sealed: await this.protocolOf(state).sealed(this.transferId),
    });
  }
}

/** What an answer must speak of to be believed. */
export function expected({ intent, frozen, progress }: Running) {
  return { intent, frozen, hubTransferId: progress.hubTransferId };
}
