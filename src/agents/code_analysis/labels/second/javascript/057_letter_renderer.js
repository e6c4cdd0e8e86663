'use strict';

const fs = require('fs');
const path = require('path');
const Handlebars = require('handlebars');

const TEMPLATE_DIR = path.join(__dirname, 'templates');
const NAMES = ['welcome', 'reminder', 'goodbye'];

const FOOTER = '<footer>{{company}} · {{year}}</footer>';

class LetterRenderer {
  constructor({ company }) {
    this.company = company;
    this.handlebars = Handlebars.create();
    this.handlebars.registerHelper('date', (value) => new Date(value).toISOString().slice(0, 10));
    this.handlebars.registerHelper('money', (cents) => (Number(cents) / 100).toFixed(2));
    this.handlebars.registerPartial('footer', FOOTER);
    this.templates = new Map();
    for (const name of NAMES) {
      const source = fs.readFileSync(path.join(TEMPLATE_DIR, `${name}.hbs`), 'utf8');
      this.templates.set(name, this.handlebars.compile(source, { strict: true }));
    }
  }

  render(name, customer, extra = {}) {
    const template = this.templates.get(name);
    if (!template) {
      throw new RangeError('unknown letter');
    }
    return template({
      company: this.company,
      year: new Date().getFullYear(),
      customer: {
        name: String(customer.name),
        since: customer.since,
        balance: customer.balance,
      },
      note: typeof extra.note === 'string' ? extra.note : '',
    });
  }
}

function routes(router, renderer, customers) {
  router.post('/letters/:name/preview', async (req, res, next) => {
    try {
      const customer = await customers.find(Number(req.body.customer), req.user.id);
      if (!customer) {
        return res.sendStatus(404);
      }
      const html = renderer.render(req.params.name, customer, { note: req.body.note });
      return res.type('html').send(html);
    } catch (err) {
      if (err instanceof RangeError) {
        return res.sendStatus(404);
      }
      return next(err);
    }
  });
  return router;
}

module.exports = { LetterRenderer, routes };
