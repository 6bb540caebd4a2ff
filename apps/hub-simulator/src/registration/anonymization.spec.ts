import { anonymizationStatus } from './anonymization.js';

describe('the anonymization status', () => {
  it.each([
    [undefined, 'not_started', 'not_started'],
    [{}, 'not_started', 'not_started'],
    [{ text_meta_extracted: true }, 'not_started', 'not_started'],
    [{ anonymization_validated: true }, 'validated', 'validated'],
    [{ anonymization_validated: true, processing_error: true }, 'failed', 'validated'],
    [{ sensitive_meta_processed: true }, 'done_processing_anonymization', 'done_processing_anonymization'],
    [{ sensitive_meta_processed: true, processing_error: true }, 'failed', 'done_processing_anonymization'],
    [{ frames_extracted: true }, 'processing_anonymization', 'not_started'],
    [{ frames_extracted: true, anonymized: true }, 'anonymized', 'anonymized'],
    [{ was_created: true }, 'extracting_frames', 'not_started'],
    [{ was_created: true, frames_extracted: true }, 'processing_anonymization', 'not_started'],
    [{ processing_started: true }, 'started', 'processing_anonymization'],
    [{ processing_started: true, anonymized: true }, 'started', 'started'],
    [{ processing_started: true, processing_error: true }, 'failed', 'failed'],
    [{ processing_error: true }, 'failed', 'failed'],
    [{ anonymized: true }, 'anonymized', 'anonymized'],
  ])('of %j is %s for a video and %s for a report', (state, video, report) => {
    expect(anonymizationStatus('video', state)).toBe(video);
    expect(anonymizationStatus('report', state)).toBe(report);
  });
});
