package com.acme.bank.statements;

import java.io.StringReader;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import javax.ejb.ActivationConfigProperty;
import javax.ejb.EJB;
import javax.ejb.MessageDriven;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageListener;
import javax.jms.TextMessage;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

@MessageDriven(activationConfig = {
        @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "javax.jms.Queue"),
        @ActivationConfigProperty(propertyName = "destination", propertyValue = "queue/statements")
})
public class C011StatementImportListener implements MessageListener {

    private static final Logger LOG = LoggerFactory.getLogger(C011StatementImportListener.class);

    private static final XMLInputFactory FACTORY = XMLInputFactory.newInstance();

    static {
        FACTORY.setProperty(XMLInputFactory.IS_COALESCING, Boolean.TRUE);
        FACTORY.setProperty(XMLInputFactory.SUPPORT_DTD, Boolean.TRUE);
        FACTORY.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, Boolean.TRUE);
    }

    @EJB
    private BookingService bookings;

    @Override
    public void onMessage(Message message) {
        try {
            String xml = ((TextMessage) message).getText();
            List<Booking> parsed = parse(xml);
            bookings.store(parsed);
            LOG.info("{} bookings imported", parsed.size());
        } catch (JMSException | XMLStreamException e) {
            LOG.error("statement could not be imported", e);
        }
    }

    private List<Booking> parse(String xml) throws XMLStreamException {
        List<Booking> result = new ArrayList<>();
        XMLStreamReader reader = FACTORY.createXMLStreamReader(new StringReader(xml));
        Booking current = null;
        while (reader.hasNext()) {
            if (reader.next() == XMLStreamConstants.START_ELEMENT) {
                if ("entry".equals(reader.getLocalName())) {
                    current = new Booking();
                    result.add(current);
                } else if ("amount".equals(reader.getLocalName()) && current != null) {
                    current.amount = new BigDecimal(reader.getElementText().trim());
                } else if ("text".equals(reader.getLocalName()) && current != null) {
                    current.text = reader.getElementText();
                }
            }
        }
        reader.close();
        return result;
    }

    public static class Booking {
        BigDecimal amount;
        String text;
    }

    public interface BookingService {
        void store(List<Booking> bookings);
    }
}
