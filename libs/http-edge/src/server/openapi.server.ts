import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { PROBLEM_JSON, PROBLEM_SCHEMA } from '../problems/problem-document.js';
import type { HttpEdgeOptions } from './http-edge.module.js';
import { describeRoutes } from './routes.server.js';

/** Where the API can be read and tried outside production. */
export const DOCS_PATH = '/docs';
/** Where the API document is; public, since it is the same for everybody and is in the repository too. */
export const DOCUMENT_PATH = '/openapi.json';

/** Serves the API document, and Swagger UI unless in production. */
export function serveOpenApi(app: NestExpressApplication, options: HttpEdgeOptions): void {
  SwaggerModule.setup(DOCS_PATH, app, () => openApiDocument(app, options), {
    jsonDocumentUrl: DOCUMENT_PATH,
    raw: ['json'],
    ui: !options.production,
  });
}

/** The API document: the routes' own descriptions, the bearer token, and the problem document as every other answer. */
export function openApiDocument(
  app: INestApplication,
  { service, version }: Pick<HttpEdgeOptions, 'service' | 'version'>,
): OpenAPIObject {
  const base = new DocumentBuilder()
    .setTitle(service)
    .setVersion(version)
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'bearer')
    .addSecurityRequirements('bearer')
    .build();
  const document = SwaggerModule.createDocument(app, base);
  const schemas = { ...document.components?.schemas, Problem: PROBLEM_SCHEMA };
  for (const { method, path, access } of describeRoutes(app)) {
    const item = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')];
    const operation = item?.[method.toLowerCase() as 'get'];
    if (operation === undefined) continue;
    if (access === 'public') operation.security = [];
    operation.responses['default'] = {
      description: 'Anything else, as a problem document.',
      content: { [PROBLEM_JSON]: { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  return { ...document, components: { ...document.components, schemas } };
}
