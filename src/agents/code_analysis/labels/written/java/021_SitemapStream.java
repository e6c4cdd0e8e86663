package com.acme.sitemap;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

public final class SitemapStream {

    private static final int LIMIT = 50_000;

    private final XMLInputFactory factory;

    public SitemapStream() {
        factory = XMLInputFactory.newFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    }

    public List<String> locations(InputStream in) throws XMLStreamException {
        List<String> out = new ArrayList<>();
        XMLStreamReader reader = factory.createXMLStreamReader(in);
        try {
            while (reader.hasNext() && out.size() < LIMIT) {
                if (reader.next() == XMLStreamConstants.START_ELEMENT && "loc".equals(reader.getLocalName())) {
                    out.add(reader.getElementText().trim());
                }
            }
        } finally {
            reader.close();
        }
        return out;
    }
}
