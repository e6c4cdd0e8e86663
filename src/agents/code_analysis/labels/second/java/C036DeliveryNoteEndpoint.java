package com.acme.b2b.web;

import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

@RestController
public class C036DeliveryNoteEndpoint {

    private static final Logger log = LoggerFactory.getLogger(C036DeliveryNoteEndpoint.class);
    private static final String DISALLOW_DOCTYPE = "http://apache.org/xml/features/disallow-doctype-decl";

    @PostMapping(value = "/b2b/delivery-notes", consumes = MediaType.APPLICATION_XML_VALUE)
    @PreAuthorize("hasRole('PARTNER')")
    public Map<String, Integer> receive(InputStream body) throws IOException {
        try {
            Document document = newBuilder().parse(body);
            return parcels(document);
        } catch (SAXException | NumberFormatException e) {
            log.info("delivery note refused");
            throw new ResponseStatusException(HttpStatus.UNPROCESSABLE_ENTITY);
        } catch (ParserConfigurationException e) {
            log.error("XML parser could not be configured", e);
            throw new ResponseStatusException(HttpStatus.INTERNAL_SERVER_ERROR);
        }
    }

    private static DocumentBuilder newBuilder() throws ParserConfigurationException {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
        factory.setFeature(DISALLOW_DOCTYPE, true);
        factory.setFeature("http://xml.org/sax/features/external-general-entities", false);
        factory.setFeature("http://xml.org/sax/features/external-parameter-entities", false);
        factory.setAttribute(XMLConstants.ACCESS_EXTERNAL_DTD, "");
        factory.setAttribute(XMLConstants.ACCESS_EXTERNAL_SCHEMA, "");
        factory.setXIncludeAware(false);
        factory.setExpandEntityReferences(false);
        return factory.newDocumentBuilder();
    }

    private static Map<String, Integer> parcels(Document document) {
        Map<String, Integer> result = new LinkedHashMap<>();
        NodeList nodes = document.getElementsByTagName("parcel");
        for (int i = 0; i < nodes.getLength(); i++) {
            Element parcel = (Element) nodes.item(i);
            result.merge(parcel.getAttribute("article"), Integer.parseInt(parcel.getAttribute("count")), Integer::sum);
        }
        return result;
    }
}
