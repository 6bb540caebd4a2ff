import {
  APPEND_SIGNAL,
  type AppendSignal,
  EVENT_STORE,
  type EventStore,
  EventStoreModule,
  LEASE_STORE,
  type LeaseStore,
  ProjectionRunner,
  Relay,
} from '@hub-export/event-store';
import { type HttpEdge } from '@hub-export/http-edge';
import { type Bus, type BusStreams, JetStreamEventBus } from '@hub-export/jetstream';
import { ErrorAnswers, ServiceDatabase, ViewPosition } from '@hub-export/service-runtime';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { CLOCK, type Clock } from './clock.js';
import type { Config } from './config.js';
import { EgressController } from './egress/egress.controller.js';
import { EgressSwitch } from './egress/egress.service.js';
import { LiveFeed } from './live/live-feed.service.js';
import { LiveController, STOPPING } from './live/live.controller.js';
import { mediaOf } from './media/media-sources.service.js';
import { NetworkView } from './node/network-view.query.js';
import { NodeMaterials } from './node/node-material.service.js';
import { NodeRowEntity } from './node/node-row.entity.js';
import { NodesController } from './node/nodes.controller.js';
import { Nodes } from './node/nodes.service.js';
import { OverviewProjection } from './overview/overview.projection.js';
import { TransferLists } from './overview/transfer-list.query.js';
import { TransferRowEntity } from './overview/transfer-row.entity.js';
import { WaitingTransfers } from './overview/waiting-transfers.query.js';
import { Staging } from './sealing/staging.file.js';
import { StagingSweep } from './sealing/staging-sweep.worker.js';
import { ApprovedMedia } from './sending/approved-media.service.js';
import { CircuitProbe } from './sending/circuit-probe.worker.js';
import { CircuitRowEntity } from './sending/circuit-row.entity.js';
import { HubCircuits } from './sending/hub-circuits.service.js';
import { HubConnections } from './sending/hub-connection.client.js';
import { HubPeers } from './sending/hub-peers.service.js';
import { HubProbe, PROBE_CONNECT_TIMEOUT_MS } from './sending/hub-probe.service.js';
import { HubClient } from './sending/hub.client.js';
import { hubProtocols } from './sending/hub-protocols.service.js';
import { HubPace } from './sending/pace.service.js';
import { RecoveryController } from './sending/recovery.controller.js';
import { Sender } from './sending/sender.worker.js';
import { Sweep } from './sending/sweep.worker.js';
import { WakeUp } from './sending/wake-up.service.js';
import { Ways } from './sending/ways.service.js';
import { Freezer } from './transfer/freezer.service.js';
import { OrderSelections } from './transfer/order-selection.service.js';
import { QueuePolicies } from './transfer/policies.worker.js';
import { ReactionsConsumer } from './transfer/reactions.consumer.js';
import { Reactions } from './transfer/reactions.service.js';
import { Situations } from './transfer/situation.service.js';
import { TIME_ZONE } from './transfer/time-zone.js';
import { TransferDetails } from './transfer/transfer-detail.service.js';
import { TransferOrders } from './transfer/transfer-orders.service.js';
import { TransfersController } from './transfer/transfers.controller.js';
import { Transfers } from './transfer/transfers.service.js';
import { Watch } from './watch/watch.service.js';

/** What the app is made from; the bus is opened, and closed, by `createTransferApp`. */
export interface AppNeeds {
  readonly config: Config;
  readonly edge: HttpEdge;
  readonly bus: Bus;
  readonly streams: BusStreams;
  readonly clock: Clock;
  /** Where `env:` references to secrets are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The one file that knows all parts of transfer-service. */
@Module({})
export class AppModule {
  static with({ config, edge, bus, streams, clock, environment }: AppNeeds): DynamicModule {
    const url = config.databaseUrl.reveal();
    const { sending } = config;
    const report = (event: string, fields: Readonly<Record<string, string | number>>) =>
      edge.log.warn({ event, ...fields });
    return {
      module: AppModule,
      imports: [
        edge.module,
        EventStoreModule.with({
          url,
          applicationName: 'transfer-service log',
          relayTo: new JetStreamEventBus(bus, streams.HUB_EXPORT),
          report,
        }),
      ],
      controllers: [
        TransfersController,
        NodesController,
        EgressController,
        RecoveryController,
        LiveController,
        ReactionsConsumer,
      ],
      providers: [
        { provide: APP_INTERCEPTOR, useClass: ErrorAnswers },
        { provide: CLOCK, useValue: clock },
        { provide: TIME_ZONE, useValue: sending.timeZone },
        { provide: STOPPING, useValue: edge.stopping.signal },
        WakeUp,
        // What is read and decided.
        {
          provide: ServiceDatabase,
          useFactory: () =>
            new ServiceDatabase({
              url,
              applicationName: 'transfer-service views',
              entities: [TransferRowEntity, NodeRowEntity, CircuitRowEntity],
              report,
            }),
        },
        { provide: DataSource, inject: [ServiceDatabase], useFactory: ({ source }: ServiceDatabase) => source },
        {
          provide: ProjectionRunner,
          inject: [EVENT_STORE, APPEND_SIGNAL, DataSource],
          useFactory: (store: EventStore, signal: AppendSignal, dataSource: DataSource) =>
            new ProjectionRunner({ store, signal, dataSource, projection: new OverviewProjection(), report }),
        },
        {
          provide: ViewPosition,
          inject: [EVENT_STORE, ProjectionRunner],
          useFactory: (store: EventStore, runner: ProjectionRunner) => new ViewPosition(store, runner),
        },
        { provide: TransferLists, inject: [DataSource], useFactory: (source: DataSource) => new TransferLists(source) },
        {
          provide: WaitingTransfers,
          inject: [DataSource],
          useFactory: (source: DataSource) => new WaitingTransfers(source),
        },
        {
          provide: NodeMaterials,
          useFactory: () => new NodeMaterials(clock, environment, sending.secretScope, sending.hubHosts),
        },
        NetworkView,
        Nodes,
        EgressSwitch,
        HubCircuits,
        Situations,
        Freezer,
        Transfers,
        TransferOrders,
        OrderSelections,
        TransferDetails,
        {
          provide: Reactions,
          inject: [WaitingTransfers, Situations, Transfers, ViewPosition],
          useFactory: (waiting: WaitingTransfers, situations: Situations, transfers: Transfers, view: ViewPosition) =>
            new Reactions(waiting, situations, transfers, view),
        },
        // What leaves the house.
        {
          provide: HubConnections,
          useFactory: () => new HubConnections(sending.timeouts),
        },
        {
          provide: HubClient,
          inject: [HubConnections, DataSource],
          useFactory: (connections: HubConnections, source: DataSource) =>
            new HubClient(connections, sending.timeouts, new HubPace(source)),
        },
        {
          provide: HubPeers,
          inject: [Nodes, NodeMaterials],
          useFactory: (nodes: Nodes, materials: NodeMaterials) => new HubPeers(nodes, materials, clock),
        },
        { provide: PROBE_CONNECT_TIMEOUT_MS, useValue: sending.timeouts.connectMs },
        HubProbe,
        {
          provide: Ways,
          inject: [Nodes, HubCircuits],
          useFactory: (nodes: Nodes, circuits: HubCircuits) =>
            new Ways(nodes, circuits, { clock, timeZone: sending.timeZone }),
        },
        {
          provide: CircuitProbe,
          inject: [HubCircuits, HubClient, HubPeers, WaitingTransfers, LEASE_STORE],
          useFactory: (
            circuits: HubCircuits,
            hub: HubClient,
            peers: HubPeers,
            waiting: WaitingTransfers,
            leases: LeaseStore,
          ) => new CircuitProbe({ circuits, hub, peers, waiting, leases, clock, log: edge.log }),
        },
        { provide: Staging, useFactory: () => new Staging(sending.stagingDir) },
        {
          provide: StagingSweep,
          inject: [Staging, Situations],
          useFactory: (staging: Staging, situations: Situations) =>
            new StagingSweep({ staging, situations, clock, log: edge.log }),
        },
        {
          provide: LiveFeed,
          inject: [EVENT_STORE, APPEND_SIGNAL],
          useFactory: (store: EventStore, signal: AppendSignal) => new LiveFeed(store, signal, bus),
        },
        {
          provide: Sender,
          inject: [
            EVENT_STORE,
            LEASE_STORE,
            Situations,
            Freezer,
            HubPeers,
            HubCircuits,
            HubClient,
            LiveFeed,
            WakeUp,
            CircuitProbe,
            EgressSwitch,
            WaitingTransfers,
            Staging,
          ],
          useFactory: (
            events: EventStore,
            leases: LeaseStore,
            situations: Situations,
            freezer: Freezer,
            peers: HubPeers,
            circuits: HubCircuits,
            hub: HubClient,
            live: LiveFeed,
            wakeUp: WakeUp,
            probe: CircuitProbe,
            egress: EgressSwitch,
            waiting: WaitingTransfers,
            staging: Staging,
          ) => {
            const approved = new ApprovedMedia(freezer, mediaOf(sending));
            const protocols = hubProtocols({ approved, staging, events });
            const { log } = edge;
            return new Sender(
              {
                events,
                leases,
                situations,
                freezer,
                peers,
                circuits,
                hub,
                live,
                wakeUp,
                probe,
                egress,
                waiting,
                protocols,
                clock,
                log,
                retry: sending.retry,
                busyHub: sending.busyHub,
              },
              sending,
            );
          },
        },
        {
          provide: Sweep,
          inject: [Transfers, WaitingTransfers, Ways, Reactions, Sender, WakeUp, APPEND_SIGNAL, ViewPosition],
          useFactory: (
            transfers: Transfers,
            waiting: WaitingTransfers,
            ways: Ways,
            reactions: Reactions,
            sender: Sender,
            wakeUp: WakeUp,
            signal: AppendSignal,
            view: ViewPosition,
          ) => {
            const policies = new QueuePolicies(
              { transfers, waiting, reactions, clock, log: edge.log },
              sending.autoQueue,
            );
            return new Sweep({ ways, policies, sender, wakeUp, signal, view, log: edge.log }, sending.sweepIntervalMs);
          },
        },
        {
          provide: Watch,
          inject: [ServiceDatabase, ViewPosition, Relay, TransferLists, Sender, EgressSwitch, HubCircuits, Nodes],
          useFactory: (
            database: ServiceDatabase,
            view: ViewPosition,
            relay: Relay,
            lists: TransferLists,
            sender: Sender,
            egress: EgressSwitch,
            circuits: HubCircuits,
            nodes: Nodes,
          ) => new Watch(edge, { database, view, relay, bus, lists, sender, egress, circuits, nodes }),
        },
      ],
    };
  }
}
