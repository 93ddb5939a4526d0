/** Draws what was marked since the last time, in an animation frame, and not in each of them. */

/**
 * The least time between two drawings, ms: every second frame of a common display. Nobody reads
 * faster; what comes at the usual interval of 100 ms never waits for it.
 */
export const SPACING_MS = 30;

export class Frame {
  private asked = false;
  private drawnAt = -Infinity;

  constructor(
    private readonly draw: (now: number) => void,
    private readonly request: (callback: (now: number) => void) => void = (callback) =>
      void requestAnimationFrame(callback),
  ) {}

  ask(): void {
    if (this.asked) return;
    this.asked = true;
    this.request(this.look);
  }

  private readonly look = (now: number): void => {
    if (now - this.drawnAt < SPACING_MS) {
      this.request(this.look);
      return;
    }
    this.asked = false;
    this.drawnAt = now;
    this.draw(now);
  };
}
