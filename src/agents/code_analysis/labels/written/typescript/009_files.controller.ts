import { Controller, Get, NotFoundException, Param, Res, StreamableFile, UseGuards } from '@nestjs/common';
import type { Response } from 'express';
import { createReadStream } from 'fs';
import { stat } from 'fs/promises';
import { extname, join } from 'path';
import { SessionGuard } from '../auth/session.guard';

const ROOT = process.env.STORAGE_ROOT ?? '/srv/storage';

const TYPES: Record<string, string> = {
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=utf-8',
};

@Controller('files')
@UseGuards(SessionGuard)
export class FilesController {
  private async locate(name: string): Promise<string> {
    const path = join(ROOT, name);
    const info = await stat(path).catch(() => null);
    if (!info?.isFile()) {
      throw new NotFoundException();
    }
    return path;
  }

  @Get('*path')
  async read(
    @Param('path') segments: string[],
    @Res({ passthrough: true }) res: Response,
  ): Promise<StreamableFile> {
    const path = await this.locate(segments.join('/'));
    res.set({
      'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
      'X-Content-Type-Options': 'nosniff',
    });
    return new StreamableFile(createReadStream(path));
  }
}
