const express = require('express');
const mongoose = require('mongoose');
const { z } = require('zod');

mongoose.set('sanitizeFilter', true);
mongoose.set('strictQuery', true);

const Recipe = mongoose.model(
  'Recipe',
  new mongoose.Schema({
    title: { type: String, required: true },
    cuisine: { type: String, index: true },
    minutes: Number,
    tags: [String],
    published: { type: Boolean, default: false },
  })
);

const Search = z.object({
  cuisine: z.string().max(40).optional(),
  tags: z.array(z.string().max(40)).max(10).optional(),
  maxMinutes: z.number().int().positive().optional(),
  sort: z.enum(['title', 'minutes']).default('title'),
});

function toFilter(search) {
  const filter = { published: true };
  if (search.cuisine) {
    filter.cuisine = search.cuisine;
  }
  if (search.tags) {
    filter.tags = mongoose.trusted({ $all: search.tags });
  }
  if (search.maxMinutes) {
    filter.minutes = mongoose.trusted({ $lte: search.maxMinutes });
  }
  return filter;
}

const router = express.Router();
router.use(express.json({ limit: '10kb' }));

router.post('/search', async (req, res, next) => {
  const parsed = Search.safeParse(req.body);
  if (!parsed.success) {
    return res.status(400).json({ error: 'invalid search' });
  }
  try {
    const recipes = await Recipe.find(toFilter(parsed.data))
      .sort(parsed.data.sort)
      .limit(100)
      .select('title cuisine minutes')
      .lean();
    return res.json(recipes);
  } catch (err) {
    return next(err);
  }
});

router.get('/by-title/:title', async (req, res, next) => {
  try {
    const recipe = await Recipe.findOne({ title: String(req.params.title), published: true });
    return recipe ? res.json(recipe) : res.sendStatus(404);
  } catch (err) {
    return next(err);
  }
});

module.exports = router;
