import { BadRequestException, Controller, Post, UploadedFile, UseInterceptors } from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import * as libxml from 'libxmljs2';

interface Shipment {
  reference: string;
  weight: number;
  note: string;
}

class ShipmentReader {
  private readonly flags: libxml.ParserOptions = { noent: true, dtdload: true, noblanks: true };

  read(buffer: Buffer): Shipment[] {
    const document = libxml.parseXml(buffer.toString('utf8'), this.flags);
    return document.find<libxml.Element>('/shipments/shipment').map((node) => ({
      reference: node.attr('ref')?.value() ?? '',
      weight: Number(node.get<libxml.Element>('weight')?.text() ?? 0),
      note: node.get<libxml.Element>('note')?.text() ?? '',
    }));
  }
}

@Controller('shipments')
export class ShipmentImportController {
  private readonly reader = new ShipmentReader();

  @Post('import')
  @UseInterceptors(FileInterceptor('document', { limits: { fileSize: 1_000_000 } }))
  import(@UploadedFile() file?: Express.Multer.File): Shipment[] {
    if (!file) {
      throw new BadRequestException('document is missing');
    }
    try {
      return this.reader.read(file.buffer);
    } catch {
      throw new BadRequestException('document cannot be read');
    }
  }
}
