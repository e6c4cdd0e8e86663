import { Router, Request, Response, json } from 'express';
import mongoose, { FilterQuery, Schema } from 'mongoose';
import { z } from 'zod';
import { requireUser } from '../middleware/auth';

interface Device {
  ownerId: string;
  serial: string;
  model: string;
  tags: string[];
  lastSeen: Date;
}

const Devices = mongoose.model<Device>(
  'Device',
  new Schema<Device>({
    ownerId: { type: String, index: true },
    serial: { type: String, unique: true },
    model: String,
    tags: [String],
    lastSeen: Date,
  }),
);

const searchSchema = z
  .object({
    model: z.string().max(60).optional(),
    tags: z.array(z.string().max(30)).max(10).optional(),
    seenSince: z.coerce.date().optional(),
  })
  .strict();

function toFilter(ownerId: string, search: z.infer<typeof searchSchema>): FilterQuery<Device> {
  const filter: FilterQuery<Device> = { ownerId: { $eq: ownerId } };
  if (search.model) {
    filter.model = { $eq: search.model };
  }
  if (search.tags?.length) {
    filter.tags = { $all: search.tags };
  }
  if (search.seenSince) {
    filter.lastSeen = { $gte: search.seenSince };
  }
  return filter;
}

const router = Router();
router.use(json({ limit: '16kb' }), requireUser);

router.post('/devices/search', async (req: Request, res: Response) => {
  const parsed = searchSchema.safeParse(req.body);
  if (!parsed.success) {
    return res.status(400).json({ error: 'invalid search' });
  }
  const devices = await Devices.find(toFilter(res.locals.user.id, parsed.data)).limit(100).lean();
  return res.json({ devices });
});

router.get('/devices/:serial', async (req: Request, res: Response) => {
  const device = await Devices.findOne({ ownerId: res.locals.user.id, serial: { $eq: req.params.serial } }).lean();
  return device ? res.json(device) : res.status(404).json({ error: 'not found' });
});

export default router;
