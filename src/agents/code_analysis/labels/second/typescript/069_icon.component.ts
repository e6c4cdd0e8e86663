import { ChangeDetectionStrategy, Component, Injectable, Input } from '@angular/core';
import { DomSanitizer, SafeHtml } from '@angular/platform-browser';

const ICONS = {
  check: '<svg viewBox="0 0 24 24"><path d="M4 12l5 5L20 6" fill="none" stroke="currentColor"/></svg>',
  cross: '<svg viewBox="0 0 24 24"><path d="M5 5l14 14M19 5L5 19" stroke="currentColor"/></svg>',
  info: '<svg viewBox="0 0 24 24"><circle cx="12" cy="12" r="9" fill="none" stroke="currentColor"/></svg>',
} as const;

export type IconName = keyof typeof ICONS;

@Injectable({ providedIn: 'root' })
export class IconRegistry {
  private readonly cache = new Map<IconName, SafeHtml>();

  constructor(private readonly sanitizer: DomSanitizer) {}

  get(name: IconName): SafeHtml | null {
    if (!Object.prototype.hasOwnProperty.call(ICONS, name)) {
      return null;
    }
    let html = this.cache.get(name);
    if (!html) {
      html = this.sanitizer.bypassSecurityTrustHtml(ICONS[name]);
      this.cache.set(name, html);
    }
    return html;
  }
}

@Component({
  selector: 'app-icon',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <span class="icon" [attr.aria-label]="label" [attr.role]="label ? 'img' : 'presentation'" [innerHTML]="svg"></span>
    <span class="sr-only" *ngIf="label">{{ label }}</span>
  `,
})
export class IconComponent {
  svg: SafeHtml | null = null;

  @Input() label?: string;

  @Input() set name(value: IconName) {
    this.svg = this.icons.get(value);
  }

  constructor(private readonly icons: IconRegistry) {}
}
