import { ContractFault, parseCloudEvent, type ResourceEvent } from '@hub-export/contracts';
import { withCorrelationId } from '@hub-export/http-edge';
import { OnJetStream, Unprocessable } from '@hub-export/jetstream';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { WakeUp } from '../sending/wake-up.service.js';
import { Reactions } from './reactions.service.js';

/** Facts in, from the bus: at least once, and each effect at most once by its command key. */
@Controller()
export class ReactionsConsumer {
  constructor(
    private readonly reactions: Reactions,
    private readonly wakeUp: WakeUp,
  ) {}

  @OnJetStream('hub-export.v1.resource.>')
  async onResource(@Payload() message: unknown): Promise<void> {
    const { recorded, event } = parsed(message);
    await withCorrelationId(recorded.correlationId, () =>
      this.reactions.resourceChanged(event as ResourceEvent, recorded.globalSeq, {
        key: `eligibility:${recorded.id}`,
        correlationId: recorded.correlationId,
        causationId: recorded.id,
      }),
    );
  }

  /** A mark or a queued transfer: there may be work. */
  @OnJetStream('hub-export.v1.transfer.>')
  onTransfer(): void {
    this.wakeUp.ring();
  }

  /** Nodes and the egress switch say when work may begin. */
  @OnJetStream('hub-export.v1.node.>')
  onNode(): void {
    this.wakeUp.ring();
  }

  @OnJetStream('hub-export.v1.circuit.>')
  onCircuit(): void {
    this.wakeUp.ring();
  }

  @OnJetStream('hub-export.v1.egress.>')
  onEgress(): void {
    this.wakeUp.ring();
  }

  @OnJetStream('hub-export.v1.refusal.>')
  onRefusal(): void {
    // Told for the audit; nothing follows from it here.
  }
}

function parsed(message: unknown) {
  try {
    return parseCloudEvent(message);
  } catch (error) {
    throw new Unprocessable(error instanceof ContractFault ? error.code : 'not_a_known_event');
  }
}
