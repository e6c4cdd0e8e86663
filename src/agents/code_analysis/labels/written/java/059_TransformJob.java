package com.acme.xml;

import java.io.InputStream;
import java.io.OutputStream;
import javax.xml.XMLConstants;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.parsers.SAXParserFactory;
import javax.xml.transform.Templates;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.sax.SAXSource;
import javax.xml.transform.stream.StreamResult;
import javax.xml.transform.stream.StreamSource;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

public class TransformJob {

    private final Templates templates;
    private final SAXParserFactory parsers;

    public TransformJob() throws TransformerException, ParserConfigurationException, SAXException {
        TransformerFactory factory = TransformerFactory.newInstance();
        factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
        factory.setAttribute(XMLConstants.ACCESS_EXTERNAL_DTD, "");
        factory.setAttribute(XMLConstants.ACCESS_EXTERNAL_STYLESHEET, "");
        templates = factory.newTemplates(new StreamSource(getClass().getResourceAsStream("/report.xsl")));
        parsers = SAXParserFactory.newInstance();
        parsers.setNamespaceAware(true);
        parsers.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    }

    public void run(InputStream in, OutputStream out)
            throws TransformerException, ParserConfigurationException, SAXException {
        SAXSource source = new SAXSource(parsers.newSAXParser().getXMLReader(), new InputSource(in));
        templates.newTransformer().transform(source, new StreamResult(out));
    }
}
