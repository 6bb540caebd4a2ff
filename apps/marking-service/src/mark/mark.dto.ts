import { MarkRequest, type ResourceReference } from '@hub-export/contracts';
import { ArrayMaxSize } from 'class-validator';

/** Resources in one request of this interface; the contract itself allows more. */
export const RESOURCES_PER_REQUEST_MAX = 200;

/** Body of `POST /v1/marks` and `POST /v1/unmarks`. */
export class MarkBody extends MarkRequest {
  @ArrayMaxSize(RESOURCES_PER_REQUEST_MAX)
  override readonly resources: readonly ResourceReference[] = [];
}
