import { type ResourceKind } from '../registration/top-level.js';
import { type HubFact, type TransferJob } from './transfer-job.js';

/** What the hub knows, found quickly: all of it follows from the facts of its journal, in their order. */
export class HubMemory {
  private readonly jobs = new Map<string, TransferJob>();
  private readonly keysByResource = new Map<string, string[]>();
  private readonly videoBySegment = new Map<string, string>();
  private readonly patients = new Map<string, number>();
  private readonly examinations = new Map<string, { readonly id: number; readonly patient: string }>();
  private readonly objects = new Map<string, number>();

  /** Applies a recorded fact. Total: it never refuses. */
  apply(fact: HubFact): void {
    switch (fact.type) {
      case 'TransferRegistered':
        return this.remember(fact.job);
      case 'TransferChanged':
        return this.change(fact.transfer_key, fact.set);
      case 'TransferForgotten':
        return this.forget(fact.transfer_key);
      case 'HubReset':
        return this.clear();
    }
  }

  job(transferKey: string): TransferJob | undefined {
    return this.jobs.get(transferKey);
  }

  /** All jobs, in the order of their registration. */
  all(): readonly TransferJob[] {
    return [...this.jobs.values()];
  }

  /** The jobs of one source resource, whoever registered them. */
  jobsOf(kind: ResourceKind, hash: string): readonly TransferJob[] {
    const keys = this.keysByResource.get(`${kind} ${hash}`) ?? [];
    return keys.flatMap((key) => this.jobs.get(key) ?? []);
  }

  /** The hash of the video a segment belongs to, if the hub has that segment. */
  videoOfSegment(identity: string): string | undefined {
    return this.videoBySegment.get(identity);
  }

  /** The pseudonym of the patient an examination belongs to, if the hub has that examination. */
  patientOf(examination: string): string | undefined {
    return this.examinations.get(examination)?.patient;
  }

  /** The hub's number for a patient: the one it has, or the next. */
  patientId(patient: string): number {
    return this.patients.get(patient) ?? this.patients.size + 1;
  }

  /** The hub's number for an examination: the one it has, or the next. */
  examinationId(examination: string): number {
    return this.examinations.get(examination)?.id ?? this.examinations.size + 1;
  }

  /** The hub's number for a resource: the one it has, or the next. */
  objectId(kind: ResourceKind, hash: string): number {
    return this.objects.get(`${kind} ${hash}`) ?? this.objects.size + 1;
  }

  private remember(job: TransferJob): void {
    const resource = `${job.resource_kind} ${job.resource_hash}`;
    if (!this.jobs.has(job.transfer_key)) {
      this.keysByResource.set(resource, [...(this.keysByResource.get(resource) ?? []), job.transfer_key]);
    }
    this.jobs.set(job.transfer_key, job);
    if (job.target_object_id !== null) this.objects.set(resource, job.target_object_id);
    for (const identity of job.segments) this.videoBySegment.set(identity, job.resource_hash);
    if (job.pseudonyms === null) return;
    const { patient, examination } = job.pseudonyms;
    this.patients.set(patient, job.linked_patient_id ?? this.patientId(patient));
    const id = job.linked_patient_examination_id ?? this.examinationId(examination);
    this.examinations.set(examination, { id, patient });
  }

  private change(transferKey: string, set: Partial<TransferJob>): void {
    const job = this.jobs.get(transferKey);
    if (job !== undefined) this.jobs.set(transferKey, { ...job, ...set });
  }

  /** Forgetting a transfer forgets what came with it, so the rest is remembered anew. */
  private forget(transferKey: string): void {
    const others = this.all().filter((job) => job.transfer_key !== transferKey);
    this.clear();
    for (const job of others) this.remember(job);
  }

  private clear(): void {
    for (const memory of [
      this.jobs,
      this.keysByResource,
      this.videoBySegment,
      this.patients,
      this.examinations,
      this.objects,
    ]) {
      memory.clear();
    }
  }
}
