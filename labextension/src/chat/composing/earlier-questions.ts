/** Earlier questions in the field, one after the other: the arrows of a terminal. Pure. */

export class EarlierQuestions {
  /**
   * The one before (`step` -1) or after (1) what stands in the field; null where the field is somebody else's: text that
   * was typed is never taken away.
   */
  step(questions: readonly string[], draft: string, step: -1 | 1): string | null {
    const isOurs = this._at !== null && questions[this._at] === draft;
    if (!isOurs && (draft !== '' || step > 0)) {
      return null;
    }
    const at = (isOurs ? this._at! : questions.length) + step;
    if (at < 0) {
      return null;
    }
    this._at = at < questions.length ? at : null;
    return questions[at] ?? '';
  }

  private _at: number | null = null;
}
