"""What columns are called in several languages, besides the names of the fields themselves.

Not here: words under which people keep what only sometimes is such a value; a column that is guessed wrong costs all of its rows.
"""

from shared.names import folded

_CALLED = {
    "person.first_name": """given name, firstname, forename, vorname, rufname, prenom, nombre, nombre de pila, nome,
        primeiro nome, voornaam, imie, fornavn, fornamn, etunimi, krestni jmeno, keresztnev, adi, имя, 名""",
    "person.last_name": """surname, lastname, family name, nachname, familienname, zuname, nom, nom de famille,
        apellido, apellidos, cognome, sobrenome, apelido, achternaam, nazwisko, etternavn, efternavn, efternamn, sukunimi,
        prijmeni, vezeteknev, soyadi, soyad, фамилия, 姓, name, full name, contact, contact name, ansprechpartner, kontakt,
        contacto, contatto""",
    "person.email": """e mail, mail, email address, e mail address, e mail adresse, email adresse, mailadresse,
        courriel, adresse e mail, adresse email, correo, correo electronico, posta elettronica, indirizzo email, endereco de e
        mail, e post, epost, sahkoposti, adres e mail, eposta, почта, электронная почта, メール, 邮箱, work email, business email""",
    "person.phone": """telephone, phone number, telephone number, mobile, mobile phone, cell, cell phone, tel,
        telefon, telefonnummer, rufnummer, handy, mobil, mobiltelefon, mobilnummer, telephone portable, portable, telefono,
        movil, celular, cellulare, telefone, telemovel, telefoon, mobiel, numer telefonu, puhelin, telefonszam, телефон, 電話,
        电话, work phone, business phone""",
    "person.title": """job title, position, role, funktion, berufsbezeichnung, stelle, fonction, poste, cargo,
        puesto, ruolo, mansione, funcao, functie, stanowisko, stilling, titel, должность""",
    "company.name": """company, company name, organisation, organization, account, account name, employer, business,
        firma, firmenname, unternehmen, societe, entreprise, raison sociale, empresa, compania, azienda, societa, ragione
        sociale, bedrijf, bedrijfsnaam, nazwa firmy, foretag, virksomhed, bedrift, yritys, spolecnost, ceg, sirket, компания,
        会社, 公司""",
    "company.domain": """website, web site, web, url, homepage, webseite, internetseite, site web, site internet,
        sitio web, sito web, strona www""",
    "company.country": "land, staat, pays, pais, paese, kraj, country code, maa, zeme, orszag, ulke, страна, 国, 国家",
    "company.industry": """branche, sector, secteur, secteur d activite, settore, setor, industria, brancha, bransch,
        toimiala, отрасль""",
    "company.employees": """number of employees, headcount, mitarbeiterzahl, anzahl mitarbeiter, effectif, empleados,
        numero de empleados, dipendenti, funcionarios, medewerkers, pracownicy, anstallda, ansatte""",
    "company.annual_revenue": """revenue, turnover, umsatz, jahresumsatz, chiffre d affaires, ingresos, facturacion,
        fatturato, faturamento, omzet""",
    "interest.product": "produkt, produit, producto, prodotto, produto, product interest, tuote, продукт",
    "interest.need": "bedarf, besoin, necesidad, esigenza, necessidade, behoefte",
    "interest.budget": "budgetrahmen, presupuesto, orcamento, budzet, бюджет",
    "interest.currency": "wahrung, devise, moneda, divisa, valuta, moeda, waluta, valuutta, валюта",
    "interest.timeline": "zeitrahmen, timeframe, delai, plazo, tempistica, prazo",
    "interest.notes": """note, comment, comments, message, remarks, notiz, notizen, bemerkung, bemerkungen,
        kommentar, nachricht, remarque, commentaire, notas, comentario, comentarios, nota, messaggio, observacoes, opmerking,
        uwagi""",
    "consent.marketing": "consent marketing, marketing consent, opt in, newsletter",
    "consent.basis": "consent basis, rechtsgrundlage",
    "attribution.campaign": "campaign name, utm campaign, kampagne, campagne, campana, campagna, campanha, kampania",
    "attribution.medium": "utm medium, kanal, canal, canale",
    "external_id": "id, external id, lead id, record id, nummer, kundennummer, reference, referenz, identifiant",
}
HEADINGS = {folded(word): path for path, words in _CALLED.items() for word in words.replace("\n", " ").split(",")}
