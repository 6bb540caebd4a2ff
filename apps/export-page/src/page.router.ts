import { createRouter, createWebHistory, type Router } from 'vue-router';
import NodesPage from './node/nodes.page.vue';
import OverviewPage from './overview/overview.page.vue';
import NotFoundPage from './shell/not-found.page.vue';
import ResourcePage from './transfer/resource.page.vue';

export function createPageRouter(): Router {
  return createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/', name: 'overview', component: OverviewPage },
      { path: '/resources/:kind(video|report)/:hash([0-9a-f]{64})', name: 'resource', component: ResourcePage },
      { path: '/nodes', name: 'nodes', component: NodesPage },
      { path: '/:rest(.*)*', name: 'not-found', component: NotFoundPage },
    ],
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  });
}
