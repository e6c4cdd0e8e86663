package com.acme.catalog.xml;

import com.thoughtworks.xstream.XStream;
import com.thoughtworks.xstream.XStreamException;
import com.thoughtworks.xstream.io.xml.StaxDriver;
import com.thoughtworks.xstream.security.NoTypePermission;
import com.thoughtworks.xstream.security.NullPermission;
import com.thoughtworks.xstream.security.PrimitiveTypePermission;
import java.util.ArrayList;
import java.util.List;

public class C002CatalogXmlCodec {

    public static class Entry {
        private String sku;
        private String title;
        private int stock;

        public String getSku() {
            return sku;
        }

        public String getTitle() {
            return title;
        }

        public int getStock() {
            return stock;
        }
    }

    public static class Catalog {
        private final List<Entry> entries = new ArrayList<>();

        public List<Entry> getEntries() {
            return entries;
        }
    }

    public static class CodecException extends RuntimeException {
        CodecException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private static final int MAX_LENGTH = 2_000_000;

    private final XStream xstream;

    public C002CatalogXmlCodec() {
        xstream = new XStream(new StaxDriver());
        xstream.addPermission(NoTypePermission.NONE);
        xstream.addPermission(NullPermission.NULL);
        xstream.addPermission(PrimitiveTypePermission.PRIMITIVES);
        xstream.allowTypes(new Class<?>[] {String.class, ArrayList.class, Entry.class, Catalog.class});
        xstream.setMode(XStream.NO_REFERENCES);
        xstream.alias("catalog", Catalog.class);
        xstream.alias("entry", Entry.class);
        xstream.addImplicitCollection(Catalog.class, "entries", Entry.class);
    }

    public Catalog read(String xml) {
        if (xml.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("document is too large");
        }
        try {
            return (Catalog) xstream.fromXML(xml);
        } catch (XStreamException | ClassCastException e) {
            throw new CodecException("catalog could not be read", e);
        }
    }

    public String write(Catalog catalog) {
        return xstream.toXML(catalog);
    }
}
