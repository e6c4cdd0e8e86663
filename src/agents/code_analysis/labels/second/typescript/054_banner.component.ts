import { Component, OnDestroy, OnInit } from '@angular/core';
import { ActivatedRoute } from '@angular/router';
import { DomSanitizer, SafeHtml } from '@angular/platform-browser';
import { Subject } from 'rxjs';
import { filter, map, takeUntil } from 'rxjs/operators';

@Component({
  selector: 'app-banner',
  template: `
    <div class="banner" [class.banner--warn]="warn" *ngIf="content">
      <span [innerHTML]="content"></span>
      <button type="button" (click)="dismiss()" aria-label="Dismiss">&times;</button>
    </div>
  `,
  styleUrls: ['./banner.component.scss'],
})
export class BannerComponent implements OnInit, OnDestroy {
  content: SafeHtml | null = null;
  warn = false;

  private readonly destroyed$ = new Subject<void>();

  constructor(private readonly route: ActivatedRoute, private readonly sanitizer: DomSanitizer) {}

  ngOnInit(): void {
    this.route.queryParamMap
      .pipe(
        map((params) => ({ text: params.get('notice'), level: params.get('level') })),
        filter((p) => !!p.text),
        takeUntil(this.destroyed$),
      )
      .subscribe((p) => {
        this.warn = p.level === 'warn';
        this.show(p.text as string);
      });
  }

  private show(text: string): void {
    const html = `<strong>${this.warn ? 'Warning' : 'Note'}:</strong> ${text}`;
    this.content = this.sanitizer.bypassSecurityTrustHtml(html);
  }

  dismiss(): void {
    this.content = null;
  }

  ngOnDestroy(): void {
    this.destroyed$.next();
    this.destroyed$.complete();
  }
}
