import { Router, Request, Response } from 'express';
import nunjucks, { Environment } from 'nunjucks';
import { MailTemplate, saveTemplate, findTemplate } from '../repositories/templates';
import { requireUser } from '../middleware/auth';

const env: Environment = new nunjucks.Environment(null, { autoescape: true, trimBlocks: true });
env.addFilter('money', (cents: number, currency = 'EUR') =>
  new Intl.NumberFormat('de-DE', { style: 'currency', currency }).format(cents / 100),
);
env.addFilter('date', (d: string) => new Date(d).toLocaleDateString('de-DE'));

const SAMPLE = {
  customer: { firstName: 'Maria', lastName: 'Muster' },
  order: { number: 'A-1001', totalCents: 12990, placedAt: '2023-04-02T10:00:00Z' },
};

function render(template: Pick<MailTemplate, 'subject' | 'html'>, data: object): { subject: string; html: string } {
  const layout = ['<div class="mail">', template.html, '<p class="foot">{{ customer.firstName }}, thank you.</p></div>'];
  return {
    subject: env.renderString(template.subject, data),
    html: env.renderString(layout.join('\n'), data),
  };
}

export const mailTemplates = Router();
mailTemplates.use(requireUser);

mailTemplates.post('/mail-templates/preview', (req: Request, res: Response) => {
  const subject = String(req.body.subject ?? '');
  const html = String(req.body.html ?? '');
  try {
    return res.json(render({ subject, html }, SAMPLE));
  } catch {
    return res.status(422).json({ error: 'template contains an error' });
  }
});

mailTemplates.put('/mail-templates/:key([a-z_]+)', async (req: Request, res: Response) => {
  const current = await findTemplate(res.locals.user.tenantId, req.params.key);
  if (!current) {
    return res.status(404).json({ error: 'unknown template' });
  }
  await saveTemplate({ ...current, subject: String(req.body.subject), html: String(req.body.html) });
  return res.status(204).end();
});
