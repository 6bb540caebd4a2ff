import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { EdgeRequest } from '@hub-export/http-edge';
import express, { type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { isPlaceInPage } from './page-paths.js';

/** The page's own files alone: no foreign host, no inline script, no eval, and no frame around it. */
const PAGE_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  manifestSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
};

/** A page that shows lists of resources has no use for any of them. */
const PERMISSIONS = 'camera=(), microphone=(), geolocation=(), payment=(), usb=()';

/** Names of files below `assets/` hold a hash of their content, so a browser need never ask again. */
const KEEP_FOR_EVER = 'public, max-age=31536000, immutable';
const ASK_AGAIN = 'no-cache';

/** Serves the built page: its files, and its beginning for every place in it. */
export function servePage(folder: string): readonly RequestHandler[] {
  const headers = helmet({ contentSecurityPolicy: { useDefaults: false, directives: PAGE_POLICY } });
  const files = express.static(folder, { index: false, redirect: false, dotfiles: 'ignore', setHeaders });
  const begin = join(folder, 'index.html');

  const sendFile: RequestHandler = (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    files(request, response, next);
  };
  const sendPage: RequestHandler = (request: EdgeRequest, response, next) => {
    const { method, path } = request;
    if (!isPlaceInPage({ method, path, accept: request.headers['accept'] })) return next();
    request.route = { path: 'page' };
    headers(request, response, () => {
      response.setHeader('Permissions-Policy', PERMISSIONS);
      response.setHeader('Cache-Control', ASK_AGAIN);
      response.sendFile(begin, { cacheControl: false }, (error) => {
        if (error !== undefined && !response.headersSent) next();
      });
    });
  };
  return [sendFile, sendPage];
}

/** Whether the page was built at all. @throws Error where it was not. */
export async function checkPage(folder: string): Promise<void> {
  if (!existsSync(join(folder, 'index.html'))) {
    throw Object.assign(new Error('The page is not built.'), { code: 'page_missing' });
  }
}

function setHeaders(response: Response, path: string): void {
  response.setHeader('Cache-Control', /[/\\]assets[/\\]/.test(path) ? KEEP_FOR_EVER : ASK_AGAIN);
}
