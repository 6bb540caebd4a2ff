/** What the hub answers. A body that is a text goes out as it is, anything else as JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Why, for the journal only: the hub tells its caller less than it knows. */
  readonly reason?: string;
}

/** The hub's no: thrown by its rules, answered once, at the edge. */
export class HubRefusal extends Error {
  constructor(readonly answer: Answer) {
    super(`The hub answers ${answer.status}.`);
    this.name = 'HubRefusal';
  }
}

/** A fault of a registration's field, told in a list as the hub's serializer does. */
export function refuseField(field: string, message: string): HubRefusal {
  return refuse(400, { [field]: [message] });
}

/** A fault of a media field, told as a plain text: media checks are raised by hand, not by a serializer. */
export function refuseMediaField(field: string, message: string): HubRefusal {
  return refuse(400, { [field]: message });
}

/** A refusal with one sentence. */
export function refuseDetail(status: number, detail: string, reason?: string): HubRefusal {
  return refuse(status, { detail }, reason);
}

/** A registration whose metadata the hub's model or its application refuses. */
export function refuseDetails(error: string, field: string, message: string): HubRefusal {
  return refuse(400, { error, details: { [field]: [message] } });
}

/** An error the hub does not catch: HTML instead of JSON. */
export function crash(reason: string): HubRefusal {
  return new HubRefusal({ ...html(500, 'Server Error (500)'), reason });
}

/** A page, as a proxy or an unhandled error answers. */
export function html(status: number, title: string): Answer {
  return {
    status,
    body: `<html>\n<head><title>${title}</title></head>\n<body><h1>${title}</h1></body>\n</html>\n`,
    headers: { 'content-type': 'text/html; charset=utf-8' },
  };
}

function refuse(status: number, body: unknown, reason?: string): HubRefusal {
  return new HubRefusal(reason === undefined ? { status, body } : { status, body, reason });
}
