import { PRIVACY_FIELD_FORBIDDEN } from './contract-fault.js';

/**
 * Members that name a person, or hold text that may (hub contract 2.5: "Privacy rules", and the raw text and file
 * names of the site). They are refused by name, whatever their value, wherever they stand.
 */
export const FORBIDDEN_FIELDS: ReadonlySet<string> = new Set([
  'first_name',
  'last_name',
  'patient_name',
  'patient_first_name',
  'patient_last_name',
  'patient_dob',
  'dob',
  'date_of_birth',
  'birth_date',
  'patient_gender',
  'casenumber',
  'case_number',
  'examination_date',
  'examination_time',
  'examiner_name',
  'examiner_first_name',
  'examiner_last_name',
  'examiners',
  'address',
  'email',
  'phone',
  'insurance_number',
  'file',
  'raw_file',
  'original_file_name',
  'text',
  'raw_text',
  'meta',
  'raw_meta',
  'title',
  'editor_payload',
  'rendered_text',
  'patient_context_snapshot',
  'history_context_snapshot',
  'created_by',
  'updated_by',
  'finalized_by',
]);

/** Why a member that no contract declares is refused. */
export function undeclaredCode(key: string): string {
  return FORBIDDEN_FIELDS.has(key) ? PRIVACY_FIELD_FORBIDDEN : 'unknown_field';
}

/** Ages in bands of ten years, "90+" for the oldest; a date of birth never travels. */
export const AGE_BANDS = [
  '0-9',
  '10-19',
  '20-29',
  '30-39',
  '40-49',
  '50-59',
  '60-69',
  '70-79',
  '80-89',
  '90+',
] as const;
export type AgeBand = (typeof AGE_BANDS)[number];
