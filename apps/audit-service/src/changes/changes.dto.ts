import { OmitType } from '@nestjs/swagger';
import { EventListQuery } from '../record/record.dto.js';

/** The query of the list of changes: by node (`target_node_key`), by who made them, and by time. */
export class ChangeListQuery extends OmitType(EventListQuery, [
  'resource_kind',
  'resource_hash',
  'center',
  'patient_hash',
  'examination_hash',
  'transfer_id',
  'type',
  'outcome',
] as const) {}
