import { ContractFault, parseCloudEvent, type ResourceEvent } from '@hub-export/contracts';
import { withCorrelationId } from '@hub-export/http-edge';
import { OnJetStream, Unprocessable } from '@hub-export/jetstream';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Reactions } from './reactions.service.js';

/** Facts in, from the bus: at least once, and each effect at most once by its command key. */
@Controller()
export class ReactionsConsumer {
  constructor(private readonly reactions: Reactions) {}

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
}

function parsed(message: unknown) {
  try {
    return parseCloudEvent(message);
  } catch (error) {
    throw new Unprocessable(error instanceof ContractFault ? error.code : 'not_a_known_event');
  }
}
