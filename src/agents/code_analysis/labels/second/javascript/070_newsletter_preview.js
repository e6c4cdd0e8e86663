'use strict';

const express = require('express');
const ejs = require('ejs');
const juice = require('juice');
const { requireEditor } = require('../middleware/auth');
const Campaign = require('../models/campaign');

const router = express.Router();

const SAMPLE_READER = {
  firstName: 'Alex',
  lastName: 'Miller',
  city: 'Utrecht',
  unsubscribeUrl: 'https://news.example.com/unsubscribe/sample',
};

class Newsletter {
  constructor(template, settings = {}) {
    this.template = template;
    this.settings = { brand: 'Example News', ...settings };
  }

  html(reader) {
    const body = ejs.render(this.template, { reader, brand: this.settings.brand });
    return juice(`<html><body>${body}</body></html>`);
  }
}

function countWords(html) {
  return html
    .replace(/<[^<>]*>/g, ' ')
    .split(/\s+/)
    .filter(Boolean).length;
}

router.post('/preview', requireEditor, (req, res) => {
  const newsletter = new Newsletter(String(req.body.template || ''));
  try {
    const html = newsletter.html(SAMPLE_READER);
    res.json({ html, words: countWords(html) });
  } catch (err) {
    req.log.info('template of a campaign can not be rendered');
    res.status(422).json({ error: 'template' });
  }
});

router.post('/campaigns', requireEditor, async (req, res, next) => {
  try {
    const campaign = await Campaign.create({
      owner: req.user.id,
      subject: String(req.body.subject || '').slice(0, 150),
      template: String(req.body.template || ''),
    });
    res.status(201).json({ id: campaign.id });
  } catch (err) {
    next(err);
  }
});

module.exports = router;
