import { classifyAsRetry, failureOf, HandlerTimeout, Unprocessable } from './failure.js';

describe('a failure', () => {
  it('that nobody classified is tried again', () => {
    expect(failureOf(new Error('any'), classifyAsRetry)).toEqual({ action: 'retry', code: 'handler_failed' });
  });

  it('that says the message is unprocessable is parked, whatever the classifier would say', () => {
    expect(failureOf(new Unprocessable('bad_shape'), classifyAsRetry)).toEqual({ action: 'park', code: 'bad_shape' });
  });

  it('by lateness is tried again', () => {
    expect(failureOf(new HandlerTimeout(), () => ({ action: 'park', code: 'x' }))).toEqual({
      action: 'retry',
      code: 'handler_timeout',
    });
  });

  it('keeps its action but not a code that is a text', () => {
    const classify = () => ({ action: 'park', code: 'Patient Doe not found' }) as const;
    expect(failureOf(new Error('any'), classify)).toEqual({ action: 'park', code: 'handler_failed' });
    expect(failureOf(new Unprocessable('C:\\file name.mp4'), classify).code).toBe('handler_failed');
  });

  it('is tried again when the classifier itself fails', () => {
    const classify = () => {
      throw new Error('classifier');
    };
    expect(failureOf(new Error('any'), classify)).toEqual({ action: 'retry', code: 'classifier_failed' });
  });
});
