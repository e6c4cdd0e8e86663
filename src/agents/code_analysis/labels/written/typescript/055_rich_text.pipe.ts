import { Component, Input, Pipe, PipeTransform } from '@angular/core';
import { DomSanitizer, SafeHtml } from '@angular/platform-browser';

export interface Review {
  author: string;
  stars: number;
  text: string;
}

@Pipe({ name: 'rich', standalone: true })
export class RichTextPipe implements PipeTransform {
  constructor(private readonly sanitizer: DomSanitizer) {}

  transform(value: string): SafeHtml {
    const withBreaks = value.replace(/\n/g, '<br>');
    return this.sanitizer.bypassSecurityTrustHtml(withBreaks);
  }
}

@Component({
  selector: 'app-review-list',
  standalone: true,
  imports: [RichTextPipe],
  template: `
    @for (review of reviews; track $index) {
      <section class="review">
        <h4>{{ review.author }} ({{ review.stars }}/5)</h4>
        <div [innerHTML]="review.text | rich"></div>
      </section>
    } @empty {
      <p>No reviews yet.</p>
    }
  `,
})
export class ReviewListComponent {
  @Input() reviews: Review[] = [];
}
