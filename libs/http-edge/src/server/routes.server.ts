import { type INestApplication, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { type Access, accessOf } from '../sign-in/access.decorators.js';

/** One route of the app, and who may call it. */
export interface Route {
  readonly method: string;
  /** The template: `/v1/transfers/:transfer_id`. */
  readonly path: string;
  readonly access: Access;
  /** `TransferController.queue`. */
  readonly handler: string;
}

/** All routes of all controllers, so that a test can claim something of every one. Prefixes and versions are not used here. */
export function describeRoutes(app: INestApplication): readonly Route[] {
  const modules = [...app.get(ModulesContainer).values()];
  const controllers = new Set(
    modules.flatMap((module) => [...module.controllers.values()].map(({ metatype }) => metatype)),
  );
  return [...controllers].flatMap((controller) => routesOf(controller as new () => object));
}

function routesOf(controller: new () => object): readonly Route[] {
  const prototype = controller.prototype as Record<string, object>;
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    const method = handler && (Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined);
    if (handler === undefined || method === undefined) return [];
    const described = {
      method: RequestMethod[method],
      access: accessOf(handler, controller),
      handler: `${controller.name}.${name}`,
    };
    return pathsOf(controller).flatMap((base) =>
      pathsOf(handler).map((path) => ({ ...described, path: joined(base, path) })),
    );
  });
}

function pathsOf(target: object): readonly string[] {
  const path = Reflect.getMetadata(PATH_METADATA, target) as string | readonly string[];
  return typeof path === 'string' ? [path] : path;
}

function joined(...parts: readonly string[]): string {
  return `/${parts
    .flatMap((part) => part.split('/'))
    .filter((part) => part !== '')
    .join('/')}`;
}
