package com.acme.fx;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.XMLConstants;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

public class C046RateFeedReader {

    private static final int MAX_RATES = 500;

    private final XMLInputFactory factory;

    public C046RateFeedReader() {
        factory = XMLInputFactory.newFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLConstants.ACCESS_EXTERNAL_DTD, "");
        factory.setProperty(XMLInputFactory.IS_COALESCING, true);
        factory.setXMLResolver((publicId, systemId, baseUri, namespace) -> {
            throw new XMLStreamException("external references are not supported");
        });
    }

    public Map<String, BigDecimal> read(InputStream in) throws IOException {
        Map<String, BigDecimal> rates = new TreeMap<>();
        XMLStreamReader reader = null;
        try {
            reader = factory.createXMLStreamReader(in, "UTF-8");
            while (reader.hasNext() && rates.size() < MAX_RATES) {
                int event = reader.next();
                if (event == XMLStreamConstants.START_ELEMENT && "Cube".equals(reader.getLocalName())) {
                    String currency = reader.getAttributeValue(null, "currency");
                    String rate = reader.getAttributeValue(null, "rate");
                    if (currency != null && rate != null && currency.matches("[A-Z]{3}")) {
                        rates.put(currency, new BigDecimal(rate));
                    }
                }
            }
            return rates;
        } catch (XMLStreamException | NumberFormatException e) {
            throw new IOException("rate feed is not valid", e);
        } finally {
            close(reader);
        }
    }

    private static void close(XMLStreamReader reader) {
        if (reader != null) {
            try {
                reader.close();
            } catch (XMLStreamException e) {
                // nothing left to release
            }
        }
    }
}
