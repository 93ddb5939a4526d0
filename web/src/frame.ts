/** Draws at most once per animation frame what was marked since the last. */

export class Frame {
  private asked = false;

  constructor(private readonly draw: (now: number) => void) {}

  ask(): void {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame((now) => {
      this.asked = false;
      this.draw(now);
    });
  }
}
