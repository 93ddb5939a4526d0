/** The socket and the timer below a session: it carries out what the session says. */

import { SUBPROTOCOL, type Answer, type Request, type Told } from "./protocol";
import { Session, type Learned, type Wishes } from "./session";

const LOOK_MS = 100;
/** Our own code for cutting a connection that is lost: outside the gateway's numbers. */
const CUT = 3_000;
const ABNORMAL = 1_006;

export interface LinkListener {
  learned(learned: Learned): void;
  /** The state of the connection may have changed. */
  changed(): void;
}

export class Link {
  readonly session: Session;
  token = "";
  malformed = 0;
  private socket: WebSocket | null = null;

  constructor(
    private readonly url: string,
    clientId: string,
    private readonly wishes: () => Wishes,
    private readonly listener: LinkListener,
  ) {
    this.session = new Session(clientId);
  }

  start(): void {
    this.connect();
    setInterval(() => this.look(), LOOK_MS);
    // The network is back: no reason to wait out the pause.
    addEventListener("online", () => this.hurry());
  }

  hurry(): void {
    this.session.hurry(performance.now());
    this.look();
  }

  /** Send a request if there is a connection; after a reconnect everything is told anew anyway. */
  send(request: (session: Session) => Request): void {
    if (this.session.connected) this.socket?.send(JSON.stringify(request(this.session)));
  }

  private connect(): void {
    this.session.begin(performance.now());
    const protocols = this.token ? [SUBPROTOCOL, `bearer.${this.token}`] : [SUBPROTOCOL];
    const socket = new WebSocket(this.url, protocols);
    this.socket = socket;
    socket.onopen = () => {
      if (socket !== this.socket) return;
      for (const request of this.session.opened(performance.now(), this.wishes())) {
        socket.send(JSON.stringify(request));
      }
      this.listener.changed();
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (socket === this.socket) this.receive(event.data);
    };
    socket.onclose = (event) => {
      if (socket === this.socket) this.ended(event.code);
    };
    this.listener.changed();
  }

  private receive(data: unknown): void {
    const message = parsed(data);
    if (!message) {
      this.malformed += 1;
      this.cut();
      return;
    }
    for (const learned of this.session.received(message, performance.now())) {
      this.listener.learned(learned);
    }
  }

  private look(): void {
    const before = this.session.phase;
    const due = this.session.look(performance.now());
    if (due === "connect") this.connect();
    else if (due === "cut") this.cut();
    if (before !== this.session.phase || this.session.phase === "waiting") this.listener.changed();
  }

  /** Give the socket up at once: a close handshake with a dead peer takes half a minute. */
  private cut(): void {
    this.socket?.close(CUT);
    this.ended(ABNORMAL);
  }

  private ended(code: number): void {
    this.socket = null;
    this.session.closed(code, performance.now(), Math.random());
    this.listener.changed();
  }
}

function parsed(data: unknown): Told | Answer | null {
  if (typeof data !== "string") return null;
  try {
    return JSON.parse(data) as Told | Answer;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
