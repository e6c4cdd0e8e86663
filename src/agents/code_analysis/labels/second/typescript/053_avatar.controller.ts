import {
  BadRequestException,
  Controller,
  Post,
  Req,
  UploadedFile,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import { memoryStorage } from 'multer';
import { randomUUID } from 'crypto';
import { writeFile } from 'fs/promises';
import * as path from 'path';
import sharp from 'sharp';
import { JwtAuthGuard } from '../auth/jwt-auth.guard';
import { ProfilesService } from './profiles.service';

const EXTENSION: Record<string, string> = { jpeg: '.jpg', png: '.png', webp: '.webp' };

@UseGuards(JwtAuthGuard)
@Controller('me/avatar')
export class AvatarController {
  private readonly dir = path.resolve(process.env.AVATAR_DIR ?? './var/avatars');

  constructor(private readonly profiles: ProfilesService) {}

  @Post()
  @UseInterceptors(FileInterceptor('avatar', { storage: memoryStorage(), limits: { fileSize: 1024 * 1024, files: 1 } }))
  async upload(
    @Req() req: { user: { id: number } },
    @UploadedFile() file?: { originalname: string; buffer: Buffer },
  ) {
    if (!file) {
      throw new BadRequestException('avatar is missing');
    }
    const { format } = await this.inspect(file.buffer);
    const extension = format ? EXTENSION[format] : undefined;
    if (!extension) {
      throw new BadRequestException('only jpeg, png and webp are accepted');
    }
    const name = randomUUID() + extension;
    const resized = await sharp(file.buffer, { limitInputPixels: 25_000_000 }).resize(256, 256, { fit: 'cover' }).toBuffer();
    await writeFile(path.join(this.dir, name), resized, { mode: 0o640, flag: 'wx' });
    await this.profiles.setAvatar(req.user.id, name);
    return { avatar: name };
  }

  private async inspect(buffer: Buffer) {
    try {
      return await sharp(buffer, { limitInputPixels: 25_000_000 }).metadata();
    } catch {
      throw new BadRequestException('not an image');
    }
  }
}
