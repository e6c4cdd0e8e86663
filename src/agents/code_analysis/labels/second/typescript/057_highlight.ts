import { Injectable, Pipe, PipeTransform } from '@angular/core';

const MAX_TERMS = 8;
const MAX_TERM_LENGTH = 40;

export interface Segment {
  text: string;
  match: boolean;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

@Injectable({ providedIn: 'root' })
export class HighlightService {
  private last?: { query: string; pattern: RegExp | null };

  private pattern(query: string): RegExp | null {
    if (this.last?.query === query) {
      return this.last.pattern;
    }
    const terms = query
      .split(/\s+/)
      .filter((t) => t.length > 1)
      .slice(0, MAX_TERMS)
      .map((t) => escapeRegExp(t.slice(0, MAX_TERM_LENGTH)));
    const pattern = terms.length > 0 ? new RegExp('(' + terms.join('|') + ')', 'giu') : null;
    this.last = { query, pattern };
    return pattern;
  }

  split(text: string, query: string): Segment[] {
    let pattern: RegExp | null;
    try {
      pattern = this.pattern(query);
    } catch {
      pattern = null;
    }
    if (!pattern) {
      return [{ text, match: false }];
    }
    return text
      .split(pattern)
      .map((part, i) => ({ text: part, match: i % 2 === 1 }))
      .filter((s) => s.text !== '');
  }
}

/**
 * Usage: <ng-container *ngFor="let s of title | highlight: query">
 *          <mark *ngIf="s.match; else plain">{{ s.text }}</mark>
 *        </ng-container>
 */
@Pipe({ name: 'highlight' })
export class HighlightPipe implements PipeTransform {
  constructor(private readonly service: HighlightService) {}

  transform(text: string | null | undefined, query: string | null | undefined): Segment[] {
    return this.service.split(text ?? '', query ?? '');
  }
}
