import { Injectable } from '@nestjs/common';
import nunjucks from 'nunjucks';
import { TemplateRepository } from './template.repository';

export interface Recipient {
  name: string;
  email: string;
  locale: string;
}

@Injectable()
export class NotificationTemplates {
  private readonly environment = new nunjucks.Environment(null, { autoescape: true });

  constructor(private readonly repository: TemplateRepository) {
    this.environment.addFilter('shorten', (text: string, length = 80) =>
      text.length > length ? `${text.slice(0, length)}…` : text,
    );
  }

  async save(tenantId: number, name: string, source: string): Promise<void> {
    await this.repository.upsert({ tenantId, name, source: source.slice(0, 20_000) });
  }

  async render(tenantId: number, name: string, recipient: Recipient): Promise<string> {
    const template = await this.repository.find(tenantId, name);
    if (!template) {
      throw new Error('template not found');
    }
    return this.environment.renderString(template.source, {
      recipient: { name: recipient.name, email: recipient.email },
    });
  }
}
