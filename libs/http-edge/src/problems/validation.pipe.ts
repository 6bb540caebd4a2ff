import { ValidationPipe } from '@nestjs/common';
import { fieldFaults } from './field-faults.js';
import { Problem } from './problem.js';

/** Checks every body, query and parameter against its DTO: unknown fields are refused, all faults are told. */
export function createValidationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    transform: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) =>
      new Problem(400, 'invalid_request', 'The request is not what this route takes.', { errors: fieldFaults(errors) }),
  });
}
